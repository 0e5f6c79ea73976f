import { DeletionSection } from './DeletionSection';
import { EmailSection } from './EmailSection';
import { ProfileSection } from './ProfileSection';

export function ProfileTab() {
  return (
    <>
      <ProfileSection />
      <EmailSection />
      <DeletionSection />
    </>
  );
}
